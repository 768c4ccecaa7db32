"""Example of a user's own network, data, score and observables (docs/bring_your_own.md)."""
