"""What the library costs over doing the same by hand: ``python3 dev.py bench``."""
