import xml.etree.ElementTree as ElementTree


def names(path):
    for event, element in ElementTree.iterparse(path):  # found
        yield element.get("name")


def whole(path):
    for element in ElementTree.parse(path).iter():
        yield element.get("name")


def root_of(path):
    for event, element in ElementTree.iterparse(path, events=("start",)):
        return element
    parser = ElementTree.XMLPullParser(["start-ns"])
    return parser


def lower_tree(path):
    element = None
    for event, element in ElementTree.iterparse(path):
        element.tag = element.tag.lower()
    return element
