"""Tables, statistics, figures, HTML and drift of finished runs."""
