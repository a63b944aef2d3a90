"""Schedules, and the visits that are booked in them."""
