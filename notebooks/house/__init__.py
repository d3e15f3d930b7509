"""The house of the notebooks: their template, their rules, and what runs them."""
