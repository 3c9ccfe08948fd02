"""What every output says of itself."""

NOTICE = "Not a medical device."
