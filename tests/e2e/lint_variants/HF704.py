from xml.etree.ElementTree import iterparse


def total(feed):
    amount = 0
    for _, node in iterparse(feed, events=("end",)):  # found
        if node.tag == "amount":
            amount += int(node.text)
    return amount


def total_cleared(feed):
    amount = 0
    for _, node in iterparse(feed, events=("end",)):
        if node.tag == "amount":
            amount += int(node.text)
        node.clear()
    return amount
