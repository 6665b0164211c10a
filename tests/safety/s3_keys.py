"""Keys of a bucket: attempts to leave the prefix `safe/`, each with its rule, and honest ones."""

PREFIX = "safe/"
ATTEMPTS = {
    "s3_prefix": (
        "secret.csv", "/safe/a.csv", "Safe/a.csv", "SAFE/a.csv", "safe", "saf", "safe2/a.csv", "safe.csv", " safe/a",
        "./safe/a.csv", "../safe/a.csv", "%73afe/a.csv", "safe%2fa.csv", "ｓafe/a.csv", "safe\u2215a.csv",
        "\ufeffsafe/a", "s\u200bafe/a.csv", "other/safe/a.csv", "\\safe\\a.csv", "\0safe/a",
    ),
    "s3_parent": (
        "safe/..", "safe/../secret.csv", "safe/../../etc/passwd", "safe/a/../../secret.csv", "safe/a/..", "safe//../x",
        "safe/./../secret.csv", "safe/../safe/../secret.csv",
    ),
    "s3_letter": ("safe/..\\secret.csv", "safe/a\\..\\b", "safe/\\..\\x", "safe/a\0.csv"),
    "s3_long": ("safe/" + "a" * 1020, "safe/" + "ی" * 510),
}  # fmt: skip
HONEST = (
    "safe/", "safe/a.csv", "safe/a b.csv", "safe/گزارش/۱۴۰۵.csv", "safe/a..b", "safe/..a", "safe/a../b", "safe/.../x",
    "safe/%2e%2e/x", "safe/a%20b", "safe//a", "safe/a+b=c&d.json", "safe/date=2026-01-01/part-0.parquet",
    "safe/.hidden", "safe/'quoted'", 'safe/"q"', "safe/#1?x=2", "safe/" + "a" * 1019, "safe/\u202dx", "safe/naïve",
    "safe/a;b,c",
)  # fmt: skip
