"""The flags that commands share, each said once."""
