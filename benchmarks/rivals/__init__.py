"""What the service is compared with: the same work done in the usual ways, done well."""
