"""What REST, GraphQL and S3 share: one guarded, bounded way of sending an HTTP request."""
