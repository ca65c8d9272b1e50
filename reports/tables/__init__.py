"""Tables: the table itself, scores, statistics, several runs, published figures."""
