"""The fitted model: what it is, its document, fitting one, applying an earlier one."""
