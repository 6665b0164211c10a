"""S3: boto3 builds and signs the requests and reads the answers; the guarded HTTP client carries them."""
