class Panel:
    def __init__(self, model):
        self.model = model
        model.add_listener("changed", self.redraw)  # found

    def redraw(self):
        return self.model


def show_all(model, pages):
    for page in pages:
        Panel(model).show(page)
