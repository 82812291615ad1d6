"""Invented people and what they write, for looking around and for trials of weight."""
