"""Object stores and downloads: what is read over a network, by range or whole."""
