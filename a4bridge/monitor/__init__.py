"""What `a4bridge monitor` shows: from what a bridge tells to lines and pictures, for a terminal of any size."""
