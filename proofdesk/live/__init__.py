"""What is live: lines to a node by its address, events as they come. Imports the core; loaded late."""
