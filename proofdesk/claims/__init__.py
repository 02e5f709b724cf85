"""Claims: what is signed about a sale, and how it is judged. Imports core and signed acts; loaded late."""
