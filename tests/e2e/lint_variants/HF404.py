from gc import disable


def import_rows(rows):
    disable()  # found
    return [row.split() for row in rows]
