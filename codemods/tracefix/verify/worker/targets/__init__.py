"""How each target captures a model."""
