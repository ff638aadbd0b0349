"""What customers write: language, sentiment and themes of comments, and the stage that makes verbatims of them."""
