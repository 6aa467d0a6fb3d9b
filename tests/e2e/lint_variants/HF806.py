import unittest.mock


class Shop:
    def __init__(self):
        self.mailer = unittest.mock.Mock()
        self.printer = unittest.mock.Mock()

    def handle_order(self, order):
        self.mailer.send(order)  # found
        self.printer.print(order)
        self.printer.reset_mock()


SHOP = Shop()
