"""What size a load needs: counts that follow from the layout, what each of them costs, and the model over both."""

from stream.sizing.load import Load, Margins, load_of
from stream.sizing.model import Size, size

__all__ = ["Load", "Margins", "Size", "load_of", "size"]
