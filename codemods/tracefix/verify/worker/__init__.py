"""What runs under the user's interpreter, and alone imports torch."""
