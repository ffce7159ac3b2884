"""Setting up by playing: from keys, knobs, pedals and pads to a profile. Nothing here prints or writes a file."""
