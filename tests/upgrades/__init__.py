"""Upgrades: data written by earlier versions of Livefeed works with the current code."""
