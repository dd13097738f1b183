"""What a hostile provider, or whoever poses as one, can answer: tables of cases, each with what it changes."""
