"""How a patient gets in, stays in and gets back in."""
