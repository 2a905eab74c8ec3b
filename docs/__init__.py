"""The documents, and what writes their reference pages."""
