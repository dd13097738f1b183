"""The world outside, for tests: providers that share no code with the product or its sandbox."""
