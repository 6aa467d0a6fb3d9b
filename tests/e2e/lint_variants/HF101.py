from functools import lru_cache as memo


class Geometry:
    @memo  # found
    def area(self, unit):
        return self.width * self.height / unit

    @staticmethod
    @memo
    def pixels(width, height):
        return width * height
