"""Sample people of the demo. Their addresses end in .example, which nobody can own (RFC 2606)."""

Person = dict[str, object]

ADA: Person = {
    "email": "ada@engines.example", "first_name": "Ada", "last_name": "Lovelace", "title": "VP Marketing",
    "company": "Analytical Engines", "employees": 120, "industry": "software", "country": "GB",
    "phone": "+44 20 7946 0001", "message": "We want to replace our scoring by spring.", "source": "website",
}  # fmt: skip
GRACE: Person = {
    "email": "grace@compilers.example", "first_name": "Grace", "last_name": "Hopper",
    "title": "Chief Marketing Officer",
    "company": "Compilers & Sons", "employees": 900, "industry": "software", "country": "DE", "source": "webinar",
}  # fmt: skip
ALAN: Person = {
    "email": "alan@bombes.example", "first_name": "Alan", "last_name": "Turing", "title": "Director of Sales",
    "company": "Bombes Ltd", "employees": 300, "industry": "fintech", "country": "GB", "source": "partner",
}  # fmt: skip
MARY: Person = {
    "email": "mary@orbits.example", "first_name": "Mary", "last_name": "Jackson", "title": "Marketing Manager",
    "company": "Orbits Inc", "employees": 2400, "industry": "software", "country": "FR", "source": "event",
}  # fmt: skip
TIM: Person = {
    "email": "tim@gmail.com", "first_name": "Tim", "last_name": "Reader", "title": "Student", "country": "GB",
    "source": "blog",
}  # fmt: skip

CAST: tuple[Person, ...] = (ADA, GRACE, ALAN, MARY)
ASSETS: dict[str, str] = {
    "demo_request": "Enterprise demo",
    "pricing_page": "Enterprise pricing",
    "webinar_product": "Scoring that sales believes",
    "comparison_page": "Baton and spreadsheets",
    "bofu_download": "ROI calculator",
    "tofu_download": "What is an MQL?",
}
