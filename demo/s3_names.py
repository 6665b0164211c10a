"""What the demo's bucket is called; apart from the server, so that naming it does not import moto."""

BUCKET, PREFIX, REGION = "weather", "2013/", "us-east-1"
