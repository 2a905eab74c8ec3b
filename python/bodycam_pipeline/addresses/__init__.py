"""Where recordings are: paths, and addresses of object stores. Every room opens, names and lists them through here."""
