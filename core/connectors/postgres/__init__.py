"""What the `postgres` kind is made of besides its one file in `kinds`: failures, types and values of the driver."""
