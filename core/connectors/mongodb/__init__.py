"""What the `mongodb` kind is made of besides its one file in `kinds`: where it leads, its one client, its gate."""
