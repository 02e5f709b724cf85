"""Operating a desk: deployment, its check, its handover. It imports the client, never the other way."""
