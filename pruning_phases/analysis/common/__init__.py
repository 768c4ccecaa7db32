"""Parts that several analyses share: results on disk, line styles, losses over a grid."""
