"""What the API says of each thing (design §5.3), and what it takes."""
