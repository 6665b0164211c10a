"""What makes a sample read-only and a destination allowed: rules on the parsed request and on addresses."""
