"""What is live: events as they come, news of blocks over a WebSocket. Imports the core; loaded late."""
