"""The only room that runs networks: which there are, how they are loaded, what they see."""
