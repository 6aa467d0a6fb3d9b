def tagged(text, *, found=set()):
    for word in text.split():
        found |= {word}  # found
    return found


def tagged_again(text, *, found=frozenset()):
    for word in text.split():
        found |= {word}
    return found
