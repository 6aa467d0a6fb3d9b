import functools as f
class A(B):
    @f.cache
    def g(self, b=[]): b.append(1)
