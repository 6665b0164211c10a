"""What administrators look after, a module for each tab of their page."""
