"""GraphQL over HTTP: gql for documents and results, our own guarded client for the wire."""
