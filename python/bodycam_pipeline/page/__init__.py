"""The review in the browser: a local server and its page."""
