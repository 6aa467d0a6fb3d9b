"""A shop in Django: sessions, a cache, templates, forms, uploads, a database in a file. gunicorn django_shop:application"""
import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

FOLDER = os.environ["SHOP_FOLDER"]
settings.configure(
    DEBUG=False, SECRET_KEY="not a secret", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions",
                    "django.contrib.messages"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(FOLDER, "shop.sqlite3"),
                           "OPTIONS": {"timeout": 60}, "CONN_MAX_AGE": 60}},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2000}}},
    SESSION_ENGINE="django.contrib.sessions.backends.cached_db",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"loaders": [
        ("django.template.loaders.cached.Loader", [("django.template.loaders.locmem.Loader", {
            "item.html": "<h1>{{ item.username }}</h1>{% for n in basket %}<li>{{ n|floatformat:2 }}</li>{% endfor %}",
            "list.html": "{% for user in users %}<p>{{ user.username|title }} {{ user.email }}</p>{% endfor %}"})])]}}])
django.setup()

# pylint: disable=wrong-import-position; Django wants its settings first
from django import forms
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db.models import Count
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.text import slugify


class SearchForm(forms.Form):
    q = forms.CharField(max_length=40)
    page = forms.IntegerField(min_value=0, max_value=100, required=False)


def item(request, number):
    basket = request.session.get("basket", [])[-9:] + [number * 1.5]
    request.session["basket"] = basket
    found = cache.get("item-%d" % number)
    if found is None:
        found = get_object_or_404(User, pk=number)
        cache.set("item-%d" % number, found, 30)
    return render(request, "item.html", {"item": found, "basket": basket})


def search(request):
    form = SearchForm(request.GET)
    if not form.is_valid():
        return JsonResponse(form.errors, status=400)
    users = User.objects.filter(username__icontains=slugify(form.cleaned_data["q"]))[:20]
    return render(request, "list.html", {"users": users})


def report(_):
    groups = User.objects.values("is_staff").annotate(count=Count("id")).order_by("is_staff")
    return JsonResponse({"groups": list(groups)})


def upload(request):
    size = sum(len(chunk) for chunk in request.FILES["file"].chunks()) if request.FILES else len(request.body)
    return JsonResponse({"size": size})


def fails(_):
    raise Http404("nothing here")


def hello(_):
    return HttpResponse("hello")


urlpatterns = [path("", hello), path("item/<int:number>", item), path("search", search), path("report", report),
               path("upload", upload), path("fails", fails)]
if not os.path.exists(os.path.join(FOLDER, "filled")):
    call_command("migrate", verbosity=0, run_syncdb=True)
    User.objects.bulk_create(User(username="user-%d" % n, email="u%d@example.com" % n, is_staff=n % 7 == 0)
                             for n in range(1, 3001))
    with open(os.path.join(FOLDER, "filled"), "w", encoding="ascii"):
        pass
application = get_wsgi_application()
