"""The colours that mean something. White text on each has a contrast of at least 4.5 : 1."""

from core.models import Status

STATUS_COLOURS = {
    Status.HEALTHY: "#27803A",
    Status.ERROR: "#C92A2A",
    Status.SUSPENDED: "#B35C00",
    Status.UNKNOWN: "#5C6870",
}
KIND_COLOURS = {"postgres": "#336791", "rest": "#0B7285", "mongodb": "#2F6B20", "graphql": "#A61E6B", "s3": "#6741D9"}
OTHER_KIND = "#5C6870"
