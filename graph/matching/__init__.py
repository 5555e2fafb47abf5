"""What a proposal or a field is like: names made comparable, an index of candidates, and their scores."""
