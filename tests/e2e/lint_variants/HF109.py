FONTS = dict()
WIDTHS = dict()


class Canvas:
    def font(self, family, points):
        try:
            return FONTS[family, points]
        except KeyError:
            font = FONTS[family, points] = self.open(family, points)  # found
            return font

    def width(self, family, points):
        width = WIDTHS.get((family, points))
        if width is None:
            if len(WIDTHS) >= 500:
                WIDTHS.popitem()
            width = WIDTHS[family, points] = self.font(family, points).width()
        return width
