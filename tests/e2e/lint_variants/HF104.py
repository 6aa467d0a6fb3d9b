class Sensor:
    readings: list = []
    alarms: list = []

    def handle_reading(self, value):
        type(self).readings += [value]  # found
        self.alarms = [value]
